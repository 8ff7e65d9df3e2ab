//! The terminal: procedures of H.245 over the multiplex.
