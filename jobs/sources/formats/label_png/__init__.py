"""Label maps as PNG files beside their images, with a class list that says what their ids mean."""
