//! The pages of the agents: *Dépôts du jour* and *À vérifier*.
