"""What differs between systems, behind one facade: desktop here, Android there."""
