-- Which connections end soon is asked every minute, and few have an end.
CREATE INDEX connections_by_end ON connections (predicted_end) WHERE predicted_end IS NOT NULL;
