"""What every implementation of a seam must keep: mixins for the test cases of each."""
