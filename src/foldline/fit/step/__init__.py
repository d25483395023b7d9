"""A step of descent: forward, loss, backward and update; a stepper does some and can be put back to where it was."""
