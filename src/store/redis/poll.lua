#!lua flags=allow-oom
-- Shows what a stream has after a number, and makes sure that nothing comes later at or below `upto`. The floor is no data:
-- it is neither replicated nor kept, since after a failover the time is above it.
-- Keys: events, meta, floor, deadlines.
local events, meta, floor, deadlines = unpack(KEYS)
local after, count, upto = ARGV[1], ARGV[2], ARGV[3]

local stands = redis.call('GET', floor) or '0'
if tonumber(stands) < tonumber(upto) then
    redis.set_repl(redis.REPL_NONE)
    redis.call('SET', floor, upto)
    stands = upto
end
local about = redis.call('HMGET', meta, 'last', 'records')
local first = redis.call('ZRANGE', deadlines, 0, 0, 'WITHSCORES')
local entries = {}
if count ~= '0' then entries = redis.call('XRANGE', events, '(' .. after .. '-0', '+', 'COUNT', count) end
return {stands, about[1] or '0', about[2] or '0', redis.call('ZCARD', deadlines), first[2] or '', entries}
