"""The empty scene: background model, illumination, camera motion."""
