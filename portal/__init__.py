"""An ordering portal for manufacturers in which every order is a running BPMN process."""

__version__ = "0.2.0"
