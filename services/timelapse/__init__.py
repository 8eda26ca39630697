"""Virtual time: the real services on a scratch database, driven from one moment to the next at which something is due. Nothing ever leaves."""
