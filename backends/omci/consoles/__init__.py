"""ONTs that are reached through their console: what their programs print, and the console itself."""
