"""How a body examines an action: its rules, its electorate, and the arithmetic of quorum, majority and verdict. Pure functions only."""
