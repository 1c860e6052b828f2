"""An ordering portal for manufacturers in which every order is a running BPMN process."""
