//! Decodes PDF, TIFF, JPEG and PNG into upright grey pictures (runs in the cell only).
