"""The COCO instances format, also LVIS's and Roboflow's."""
