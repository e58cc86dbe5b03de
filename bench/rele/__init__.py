"""The relay beside coturn, rtpengine and a yardstick in C, under one load."""
