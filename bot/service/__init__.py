"""What happens once something is asked, the same on every platform: from the command to the told person."""
