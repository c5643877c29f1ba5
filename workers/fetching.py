"""Steps of Redis that take a message off its list and note it as unacknowledged, both or neither.

kombu does the two one after the other, so a worker that is killed between them takes the message
with it. As scripts they are one step of the server, and save a round trip besides.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads

# The head of the first list that has one. What is no plain message of Celery's stays where it is,
# and comes back without a tag: somebody has to look at it first.
FETCH: Final = """
local lists = #KEYS - 2
for number = 1, lists do
    local key = KEYS[number]
    local item = redis.call('RPOP', key)
    if item then
        local ends = string.find(key, ARGV[2], 1, true)
        local queue = string.sub(key, 1, ends and ends - 1)
        local read, message = pcall(cjson.decode, item)
        local about = read and type(message) == 'table' and message.properties
        local sent = type(about) == 'table' and about.delivery_info
        local tag = type(sent) == 'table' and type(message.headers) == 'table'
            and sent.routing_key == queue and (sent.exchange == '' or sent.exchange == queue)
            and (about.priority == nil or type(about.priority) == 'number')
            and about.delivery_tag
        if type(tag) == 'string' and #tag > 0 and #tag < 256
            and not string.find(tag, '[^\\33-\\126]')
            and redis.pcall('HSETNX', KEYS[lists + 1], tag,
                '[' .. item .. ',"",' .. cjson.encode(queue) .. ']') == 1 then
            redis.call('ZADD', KEYS[lists + 2], ARGV[1], tag)
            return {key, item, tag}
        end
        redis.call('RPUSH', key, item)
        return {key, item, ''}
    end
end
return false
"""
# One of those that were looked at; 0 when somebody else was faster.
TAKE: Final = """
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2])
return 1
"""
# To the other end of its list, so that the others come before it.
LAST: Final = """
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
return redis.call('LPUSH', KEYS[1], ARGV[1])
"""
_NOTE: Final = re.compile(rb'\[(.*),"[^"]*",("[^"]*")\]', re.DOTALL)


def note(envelope: Mapping[str, Any], queue: str) -> str:
    """As kombu writes it: the message, its exchange and its routing key."""
    return str(dumps([envelope, "", queue]))


def noted(found: bytes) -> Sequence[Any] | None:
    """None for what no JSON is in, or not this."""
    try:
        match loads(bytes_to_str(found)):
            case [dict() as message, str() as exchange, str() as key]:
                return message, exchange, key
    except (ValueError, TypeError, RecursionError):
        return None
    return None


def bare(found: bytes) -> tuple[bytes, str] | None:
    """The item as it lay in its list, and the name of the queue."""
    if (parts := _NOTE.fullmatch(found)) is None:
        return None
    return parts[1], parts[2].strip(b'"').decode(errors="replace")
