//! Finds new files in the drop folder: notify wakes, the periodic scan is the truth.
