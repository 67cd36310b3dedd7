-- Adds channels to the index of their lane, in a Redis Cluster, before something is appended to
-- their logs. Elsewhere the append script does that.
--
-- KEYS: the channels of the lane, a sorted set by the time when they were last added; the same by
--       the time when they can be removed, a day after their last message has expired; a mark of
--       the data of this slot, which is a new one after the data were lost
-- ARGV: a new mark; then channel and retention, in milliseconds, in turn
-- Returns the server's time; the mark, and the first letters of the server's replication id, which
-- is another one after a fail-over that may have lost the last writes

local time = redis.call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
for i = 2, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 'GT', now, ARGV[i])
  redis.call('ZADD', KEYS[2], 'GT', now + ARGV[i + 1] + 86460000, ARGV[i])
end
local mark = redis.call('GET', KEYS[3])
if not mark then
  mark = ARGV[1]
  redis.call('SET', KEYS[3], mark)
end
local info = redis.call('INFO', 'replication')
return { now, mark .. '-' .. string.sub(string.match(info, 'master_replid:(%x+)') or '', 1, 8) }
