"""The portal: where members answer, secretaries steer and pilots report. Pages are made on the server and need no script."""
