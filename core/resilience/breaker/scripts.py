"""What Redis does for breakers in one step each, by its own clock, in Lua.

Keys: the standing, the window by time, the window by count, the probes, the isolated reporters.
A standing that is not there is answered as not there; nothing here takes it for a closed one.
Sums are written in full: Lua by itself writes large numbers as 1e+14, which nobody reads again;
what was once written so is passed over.
"""

from typing import Final

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_READ: Final = """
local known = redis.call('HMGET', KEYS[1],
  'version', 'state', 'since', 'retry', 'openings', 'ramp', 'reason', 'unwritten', 'placed')
"""
# A probe is the end of its lease, or p or f once it has come back.
_PROBES: Final = """
local passed, failed, waiting = 0, 0, 0
local probes = redis.call('HGETALL', KEYS[4])
for place = 1, #probes, 2 do
  local how = probes[place + 1]
  if how == 'p' then passed = passed + 1
  elseif how == 'f' then failed = failed + 1
  elseif tonumber(how) > now then waiting = waiting + 1 end
end
"""

# ARGV: version, reporter, calls, failures, slow, kind of window, its milliseconds, its calls
EXCHANGE: Final = (
    _NOW
    + _READ
    + """
if not known[1] then return {now} end
local calls, failures, slow = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local counts = calls > 0 and known[1] == ARGV[1]
local reporter, sums, order = ARGV[2], {}, {}
local sane = '^%d+,%d+,%d+$'
local function whole(number) return string.format('%.0f', math.min(number, 2 ^ 53)) end
local function add(who, c, f, s)
  if not sums[who] then
    sums[who] = {0, 0, 0}
    order[#order + 1] = who
  end
  local sum = sums[who]
  sum[1], sum[2], sum[3] = sum[1] + c, sum[2] + f, sum[3] + s
end
if ARGV[6] == 'time' then
  local width = math.max(math.floor(ARGV[7] / 10), 1)
  local slot = math.floor(now / width)
  if counts then
    local field, c, f, s = slot .. '|' .. reporter, 0, 0, 0
    local had = redis.call('HGET', KEYS[2], field)
    if had and had:match(sane) then c, f, s = had:match('(%d+),(%d+),(%d+)') end
    local sum = whole(c + calls) .. ',' .. whole(f + failures) .. ',' .. whole(s + slow)
    redis.call('HSET', KEYS[2], field, sum)
    redis.call('PEXPIRE', KEYS[2], ARGV[7] * 2)
  end
  local all = redis.call('HGETALL', KEYS[2])
  for place = 1, #all, 2 do
    local at, who = all[place]:match('^(%d+)|(.*)$')
    local c, f, s = all[place + 1]:match('(%d+),(%d+),(%d+)')
    if not all[place + 1]:match(sane) or tonumber(at) <= slot - 10 or tonumber(at) > slot then
      redis.call('HDEL', KEYS[2], all[place])
    else
      add(who, c, f, s)
    end
  end
else
  if counts then
    local entry = whole(calls) .. ',' .. whole(failures) .. ',' .. whole(slow) .. '|' .. reporter
    redis.call('RPUSH', KEYS[3], entry)
    redis.call('EXPIRE', KEYS[3], 86400)
  end
  local all, sum = redis.call('LRANGE', KEYS[3], 0, -1), 0
  for place = #all, 1, -1 do
    local c, f, s, who = all[place]:match('^(%d+),(%d+),(%d+)|(.*)$')
    if sum >= tonumber(ARGV[8]) then
      redis.call('LTRIM', KEYS[3], place, -1)
      break
    end
    if c then
      add(who, c, f, s)
      sum = sum + c
    end
  end
end
redis.call('EXPIRE', KEYS[1], 604800)
"""
    + _PROBES
    + """
local tallies = {}
for place, who in ipairs(order) do
  local sum = sums[who]
  tallies[place] = {who, whole(sum[1]), whole(sum[2]), whole(sum[3])}
end
local isolated = redis.call('HGETALL', KEYS[5])
return {now, known, tallies, {passed, failed, waiting}, isolated}
"""
)

# ARGV: version, state, since, retry, openings, ramp, reason, unwritten, channel, name
INSTALL: Final = (
    _NOW
    + _READ
    + """
if known[1] and tonumber(known[1]) >= tonumber(ARGV[1]) then return known end
redis.call('DEL', unpack(KEYS))
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'state', ARGV[2], 'since', ARGV[3],
  'retry', ARGV[4], 'openings', ARGV[5], 'ramp', ARGV[6], 'reason', ARGV[7], 'unwritten', ARGV[8],
  'placed', now)
redis.call('EXPIRE', KEYS[1], 604800)
redis.call('PUBLISH', ARGV[9], ARGV[10])
return redis.call('HMGET', KEYS[1],
  'version', 'state', 'since', 'retry', 'openings', 'ramp', 'reason', 'unwritten', 'placed')
"""
)

# Takes the version.
WRITTEN: Final = """
if redis.call('HGET', KEYS[1], 'version') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'unwritten', '')
end
return 1
"""

# ARGV: version, probes at most, milliseconds of a lease, the lease
LEASE: Final = (
    _NOW
    + """
local known = redis.call('HMGET', KEYS[1], 'version', 'state')
if known[1] ~= ARGV[1] or known[2] ~= 'half_open' then return 0 end
"""
    + _PROBES
    + """
if failed > 0 or passed + waiting >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[4], ARGV[4], now + ARGV[3])
redis.call('EXPIRE', KEYS[4], 604800)
return 1
"""
)

# ARGV: version, the lease, p, f or nothing. A lease that is over counts for nothing: by then
# another probe may have its place.
SETTLE: Final = (
    _NOW
    + """
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
local ends = tonumber(redis.call('HGET', KEYS[4], ARGV[2]) or '')
if not ends then return 0 end
if ARGV[3] == '' or ends <= now then return redis.call('HDEL', KEYS[4], ARGV[2]) end
redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
return 1
"""
)

# ARGV: reporter, milliseconds
ISOLATE: Final = (
    _NOW
    + """
local ends = now + tonumber(ARGV[2])
redis.call('HSET', KEYS[5], ARGV[1], ends)
redis.call('PEXPIRE', KEYS[5], ARGV[2] * 2)
local all = redis.call('HGETALL', KEYS[2])
for place = 1, #all, 2 do
  if all[place]:match('^%d+|(.*)$') == ARGV[1] then redis.call('HDEL', KEYS[2], all[place]) end
end
for _, entry in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  if entry:match('|(.*)$') == ARGV[1] then redis.call('LREM', KEYS[3], 0, entry) end
end
return ends
"""
)
