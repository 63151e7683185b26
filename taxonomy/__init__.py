"""The class tree, the customers' label maps, what is background and what is approved; pure."""
