"""Programs for people who work in the checkout: the demo, the tests' runner, the pictures."""
