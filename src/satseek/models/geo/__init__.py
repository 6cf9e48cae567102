"""Published encoders of radar and multispectral images: CROMA, DOFA, SSL4EO-S12, CLOSP (extra `geo`)."""
