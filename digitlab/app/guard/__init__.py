"""What protects the server: headers, a door, limits, and what a websocket may carry."""
