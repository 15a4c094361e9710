"""Where events, time and bytes meet the model and the protocol: one owner thread and its workers."""
