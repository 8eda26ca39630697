"""The Django application of the viewflow peer: viewflow finds a flow by the application it lies in."""
