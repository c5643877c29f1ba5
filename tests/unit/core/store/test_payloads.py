import orjson
import pytest
import zstandard

from core.store import payloads
from core.store.payloads import DICTIONARY_BYTES, PayloadError, Payloads, coder, train
from tests.benchmarks import events

SAMPLES = [orjson.dumps({"event": events.event(n), "analysis": {}}) for n in range(60)]


def packed(document, dictionary):
    return coder(dictionary).compressor.compress(document)


def test_a_dictionary_makes_payloads_many_times_smaller():
    dictionary = train(SAMPLES[:50], SAMPLES[:50])
    document = orjson.dumps({"event": events.event(1_000), "analysis": {}})
    assert len(packed(document, dictionary)) * 4 < len(packed(document, None))


def test_what_was_packed_with_a_dictionary_comes_back_with_it():
    dictionary = train(SAMPLES, SAMPLES[:10])
    payload = packed(SAMPLES[55], dictionary)
    assert coder(dictionary).decompressor.decompress(payload) == SAMPLES[55]


def test_too_few_samples_leave_the_examples_as_the_dictionary():
    dictionary = train(SAMPLES[:1], SAMPLES[:1])
    assert dictionary == SAMPLES[0]
    assert coder(dictionary).decompressor.decompress(packed(SAMPLES[0], dictionary)) == SAMPLES[0]


def test_a_dictionary_has_a_bounded_size_and_ends_with_the_most_frequent_example():
    dictionary = train(SAMPLES, SAMPLES * 3)
    assert len(dictionary) <= DICTIONARY_BYTES
    assert dictionary.endswith(SAMPLES[0])


def test_a_huge_example_is_left_out():
    huge = b"x" * (payloads.LONGEST_EXAMPLE + 1)
    assert huge not in train(SAMPLES, [huge, SAMPLES[0]])


def test_without_a_dictionary_no_session_is_needed():
    found = Payloads()
    payload = found.pack(None, b'{"event":{}}', None)
    assert found.unpack(None, payload, None) == {"event": {}}


def test_a_payload_that_claims_to_be_huge_is_refused(monkeypatch):
    monkeypatch.setattr(payloads, "LARGEST_DOCUMENT", 100)
    payload = zstandard.ZstdCompressor().compress(b"a" * 101)
    with pytest.raises(PayloadError, match="too large"):
        Payloads().unpack(None, payload, None)


def test_a_payload_of_unknown_size_is_refused():
    stream = zstandard.ZstdCompressor().compressobj()
    payload = stream.compress(b"{}") + stream.flush()
    with pytest.raises(PayloadError, match="too large"):
        Payloads().unpack(None, payload, None)


@pytest.mark.parametrize("broken", [b"", b"no zstd", zstandard.compress(b"{}" * 20)[:-3]])
def test_a_damaged_payload_is_one_error(broken):
    with pytest.raises(PayloadError, match=r"damaged|too large"):
        Payloads().unpack(None, broken, None)


def test_a_payload_that_is_no_json_is_an_error():
    with pytest.raises(PayloadError, match="not JSON"):
        Payloads().unpack(None, zstandard.compress(b"no json"), None)
