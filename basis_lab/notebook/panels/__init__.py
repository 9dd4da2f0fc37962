"""The parts of the workbench that are text: HTML made from a run, one function a part."""
