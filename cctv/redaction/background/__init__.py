"""Background: the empty scene, its illumination, camera motion and changes."""
