-- Returns the epoch and the last offset of a log without prolonging its life. If a new epoch
-- begins now, it is one of this call only.

return { epoch, top }
