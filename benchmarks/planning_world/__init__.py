"""The world that the planning benchmark is played in; nothing here knows the planner's rules."""
