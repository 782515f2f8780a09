//! Machine-readable zones: ICAO 9303 (TD1, TD2, TD3, MRV-A, MRV-B) and the old French card.
