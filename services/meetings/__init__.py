"""Meetings of bodies: planned, convened, opened with their attendance, closed. One door, ``services.meetings.door``."""
