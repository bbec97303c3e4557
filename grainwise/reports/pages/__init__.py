"""What every report is made of: its blocks, and how they become HTML, PDF and a folder."""
