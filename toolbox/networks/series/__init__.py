"""Networks for satellite time series, and the attributions that look into them."""
