"""What buildozer needs to make an Android package of the client."""
