-- The beginning of all scripts: determines the life of the log that they work on. A new
-- life, and with it a new epoch, begins when earlier positions can no longer be trusted.
--
-- KEYS[1]  the log, a stream; its ids are <offset>-0, its fields are x, when the
--          publication expires, and e, the envelope
-- KEYS[2]  what outlives the stream, packed as in STATE: top, the last offset; lasting,
--          until when the stream is kept; oldest, when the oldest publication expires, or
--          an earlier time; size, the number of publications that count (the stream may
--          have some more); life, the history in which the log's life began; birth, the
--          mark of that life. Then, packed as in LIFE, the earlier lives, the latest
--          first: epoch; last, the last offset when the next life began; reached, the
--          greatest offset of that life that a node has reported, if above last
-- KEYS[3]  not in a Redis Cluster: the history that was found at the last look
-- KEYS[4]  in a Redis Cluster KEYS[3]: a mark of the data of this server or slot. It is
--          created if it is missing, so after a flush it is a new one
-- ARGV[1]  how to find the history of the server's data: m reads KEYS[3]; l looks at the
--          server and stores the result in KEYS[3]; c looks, in a Redis Cluster, where
--          each slot may be on another server
-- ARGV[2]  the mark of a new life, if one begins now
--
-- The history consists of the first letters of the replication id. Redis takes a new
-- replication id when it starts and when a replica becomes the master, even if it has been
-- the master before. A look costs a third of an append, so nodes look only when they
-- connect and at intervals. The stored history can be lost or rolled back like all data,
-- and is then out of date until the next look. Otherwise all nodes use the same one.
--
-- A log without state is unborn: it is empty, and reading it writes nothing. All readers
-- get the same position, offset 0 of a computed epoch, and the first append takes that
-- epoch. The epoch is computed from values that change whenever a log could have existed
-- and disappeared: the mark above, the number of keys that the server has evicted, and the
-- half day, because a life that ends by itself takes a day at least. Whoever removes state
-- and stream by hand has to remove the mark as well. The half days of different channels
-- begin at different times, so that not all readers get a new epoch at once.
--
-- All times are the server's, in milliseconds, because the nodes' clocks may differ.
-- Numbers stay below 1e14, up to which Lua prints them without an exponent.
--
-- A call from a script costs Redis more than most of the called commands do, and each part
-- of a reply has a cost too. Hence the state is one packed value, and only changes are
-- written.

local call = redis.call
local stream, state = KEYS[1], KEYS[2]
local STATE = '>I8I8I8I8ss'
local LIFE = '>sI8I8'
local MAX_LIVES = 8
local DAY = 86400000
local HALF_DAY = DAY / 2
local time = call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local known, history
if ARGV[1] == 'm' then
  local both = call('MGET', state, KEYS[3])
  known, history = both[1], both[2]
else
  known = call('GET', state)
end
if not history then
  local found = string.match(call('INFO', 'replication'), 'master_replid:(%x+)')
  -- Servers that are compatible with Redis but have no replication have a run_id
  history = string.sub(found or string.match(call('INFO', 'server'), 'run_id:(%x+)'), 1, 8)
  if ARGV[1] ~= 'c' and call('GET', KEYS[3]) ~= history then
    call('SET', KEYS[3], history)
  end
end
local top, lasting, oldest, size, life, birth = 0, 0, 0, 0, '', ''
local lives = ''
local changed, longer = false, false
if known then
  local after
  top, lasting, oldest, size, life, birth, after = struct.unpack(STATE, known)
  lives = string.sub(known, after)
end

-- Returns the mark of an unborn log, for the given number of half days ago.
local function unborn(ago, rest)
  local key = KEYS[ARGV[1] == 'c' and 3 or 4]
  local mark = call('GET', key)
  if not mark then
    mark = ARGV[2]
    call('SET', key, mark)
  end
  local evicted = string.match(call('INFO', 'stats'), 'evicted_keys:(%d+)') or ''
  local phase = tonumber(string.sub(redis.sha1hex(stream), 1, 8), 16) / 4294967296
  local half = math.floor(now / HALF_DAY + phase) - ago
  return string.sub(redis.sha1hex(table.concat({ mark, evicted, half, stream, rest }, ' ')), 1, 12)
end

if not known then
  -- It is not known what a stream without state lacks. Its last entry distinguishes
  -- the epoch that is computed for it
  local last = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  birth = unborn(0, last and last[1] .. last[2][4] or '')
elseif life ~= history then
  -- The log has no gaps, but a restart or a failover may have rolled it back. Offsets
  -- continue, and earlier positions are no longer valid. The end of the former life is
  -- stored, so that nodes can deliver everything after their position in it.
  local before = struct.pack(LIFE, birth .. '-' .. life, top, 0)
  lives = string.sub(before .. lives, 1, MAX_LIVES * #before)
  birth, changed = ARGV[2], true
end
local begun = changed
local epoch = birth .. '-' .. history

-- Keeps the stream until the given time at least, and the state for a day longer, so that
-- a client with a position learns that nothing followed it. Changes the times to live at
-- most once in a second.
local function keep(till)
  if till > lasting then
    lasting, changed, longer = till + 1000, true, true
  end
end

local function save(write)
  write('SET', state, struct.pack(STATE, top, lasting, oldest, size, history, birth) .. lives, 'KEEPTTL')
  if longer then
    call('PEXPIREAT', state, lasting + DAY)
  end
end

-- For a call that appends nothing: prolongs the log, because it was used. If Redis has no
-- memory for that write, the call is answered nevertheless.
local function touch()
  if not known then
    return
  end
  keep(now)
  if changed then
    save(begun and call or redis.pcall)
    if longer then
      call('PEXPIREAT', stream, lasting)
    end
  end
end

-- Removes expired publications from the oldest on, so that the log never has a gap, but
-- not many more than the given number. Returns whether no expired publication is left.
local function expire(limit)
  local from, done = nil, false
  local count = 0
  while not done and count < limit do
    local head = call('XRANGE', stream, from or '-', '+', 'COUNT', 20)
    for i = 1, #head do
      local expiry = tonumber(head[i][2][2])
      if expiry > now then
        oldest = expiry
        done = true
        break
      end
      from = string.match(head[i][1], '^%d+') + 1 .. '-0'
    end
    if #head == 0 then
      -- The next publication is checked again
      oldest = now
      done = true
    end
    count = count + 20
  end
  if from then
    call('XTRIM', stream, 'MINID', from)
  end
  changed = changed or done
  return done
end

