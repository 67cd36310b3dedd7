-- Appends an envelope to a channel's log, and publishes it with its position.
--
-- last KEY what is stored for the idempotency key, if there is one: id, offset and
--          epoch of the first message with it
-- ARGV[3]  the maximum number of publications in the log
-- ARGV[4]  how long to keep the publication, in milliseconds
-- ARGV[5]  the Redis channel to publish in
-- ARGV[6]  the envelope
-- ARGV[7]  the Redis channel in which the owners of the channel's lane hear of the append
-- ARGV[8]  the channel's name
-- ARGV[9]  when the channel was added to its lane's index, as far as the publisher knows,
--          by the server's clock; 0 if it does not know; or f: it was added just now
-- ARGV[10] with an idempotency key: the message's id
-- ARGV[11] with an idempotency key: its window, in milliseconds
-- KEYS[5], KEYS[6]  not in a Redis Cluster: the index of the channel's lane, see
--          index-add.lua
-- KEYS[7]  not in a Redis Cluster: the log's end, <offset>:<epoch>, when the channel was
--          first added to the index, if a version without an index has appended before. A
--          group that began with new messages, without this log, begins there
--
-- Returns the position, encoded as in a published message; if the channel was added to the
-- index, the position and the time; for a duplicate, epoch, offset and id of the first
-- message with the key. In a Redis Cluster, where the index may be on another server,
-- returns four numbers if the publisher has to add the channel first: nothing is appended.
--
-- Message ids are not stored to recognize duplicates: a node never sends a command again
-- that may have been executed, and a key for each message would cost more than the log.

local remembered = ARGV[10] and KEYS[#KEYS]
if remembered then
  local first = call('GET', remembered)
  if first then
    touch()
    return { string.sub(first, 25), struct.unpack('>I8', first, 17), string.sub(first, 1, 16) }
  end
end

-- Redis refuses writes, for example for lack of memory or on a replica, at the first
-- write: an error means that nothing was appended.
local expires = now + ARGV[4]
-- A log that begins anew says that Redis may have lost the index, too. The time is compared
-- here, because a publisher may stand still between its look at the clock and this call
local seen = tonumber(ARGV[9])
local indexed = seen and (not known or math.abs(now - seen) >= 60000)
if indexed then
  if ARGV[1] == 'c' then
    return { 0, 0, 0, 0 }
  end
  if top > 0 and lasting > now and not call('ZSCORE', KEYS[5], ARGV[8]) then
    call('SET', KEYS[7], string.format('%.0f', top) .. ':' .. epoch, 'PX', string.format('%.0f', lasting - now))
  end
  call('ZADD', KEYS[5], 'GT', now, ARGV[8])
  call('ZADD', KEYS[6], 'GT', expires + 60000 + DAY, ARGV[8])
end
if not known then
  call('UNLINK', stream)
end
keep(expires)
if now >= oldest + 1000 then
  expire(200)
end
top, size = top + 1, tonumber(ARGV[3])
save(call)
local id = top .. '-0'
if not call('XADD', stream, 'NOMKSTREAM', id, 'x', expires, 'e', ARGV[6]) then
  call('XADD', stream, id, 'x', expires, 'e', ARGV[6])
  longer = true
end
if longer then
  call('PEXPIREAT', stream, lasting)
end
if top % 16 == 0 then
  -- Only sometimes, because it costs as much as all the rest. Reads skip the
  -- publications in excess
  call('XTRIM', stream, 'MAXLEN', '=', ARGV[3])
end
if remembered then
  call('SET', remembered, ARGV[10] .. struct.pack('>I8', top) .. epoch, 'PX', ARGV[11])
end
-- The message is in the log now, so a node that misses this PUBLISH reads it there
local position = struct.pack('>Hc0I8', #epoch, epoch, top)
redis.pcall('PUBLISH', ARGV[5], 'AL\1' .. position .. ARGV[6])
redis.pcall('PUBLISH', ARGV[7], 'AG\1' .. position .. ARGV[8])
if indexed then
  return { position, now }
end
return position
