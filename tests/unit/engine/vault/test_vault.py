"""What was sealed for one record is opened for it alone, unchanged, by a known key (connector-framework.md 3)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.errors import InvalidInput, SecretsUnavailable
from engine.ports.vault import SealedRecord
from engine.vault.keys import derive_key
from engine.vault.vault import AeadVault

FIRST = "the first key, which is long enough"
SECOND = "the second key, which is long enough"
RECORD = SealedRecord("connector", "default", "hook", ".webhook")
VAULT = AeadVault([FIRST])
PLAIN = b'{"password": "hush-hush"}'

records = st.builds(SealedRecord, st.sampled_from(["connector", "token"]), *[st.text(max_size=4)] * 3)


@given(st.binary(max_size=200), records)
def test_what_was_sealed_is_opened_again(plain: bytes, record: SealedRecord) -> None:
    sealed = VAULT.seal(plain, record)
    assert VAULT.open(sealed, record) == plain
    assert VAULT.is_current(sealed)
    assert VAULT.seal(plain, record) != sealed


@given(st.data())
def test_changed_bytes_are_refused(data: st.DataObject) -> None:
    sealed = VAULT.seal(PLAIN, RECORD)
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SecretsUnavailable):
        VAULT.open(bytes(changed), RECORD)


@given(st.data())
def test_cut_or_lengthened_bytes_are_refused(data: st.DataObject) -> None:
    sealed = VAULT.seal(PLAIN, RECORD)
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    longer = sealed + data.draw(st.binary(min_size=1, max_size=4))
    for other in (cut, longer):
        with pytest.raises(SecretsUnavailable):
            VAULT.open(other, RECORD)


@given(records, records)
def test_bytes_copied_to_another_record_are_refused(record: SealedRecord, other: SealedRecord) -> None:
    sealed = VAULT.seal(PLAIN, record)
    if other == record:
        assert VAULT.open(sealed, other) == PLAIN
        return
    with pytest.raises(SecretsUnavailable, match="belong to another object"):
        VAULT.open(sealed, other)


@pytest.mark.parametrize("member", ["kind", "space", "id", "type_id"])
def test_every_member_of_the_record_counts(member: str) -> None:
    sealed = VAULT.seal(PLAIN, RECORD)
    with pytest.raises(SecretsUnavailable):
        VAULT.open(sealed, replace(RECORD, **{member: "other"}))


def test_members_do_not_run_into_one_another() -> None:
    sealed = VAULT.seal(PLAIN, SealedRecord("connector", "a", "bc"))
    with pytest.raises(SecretsUnavailable):
        VAULT.open(sealed, SealedRecord("connector", "ab", "c"))


def test_an_older_key_opens_and_the_present_one_seals() -> None:
    old = VAULT.seal(PLAIN, RECORD)
    vault = AeadVault([SECOND, FIRST])
    assert vault.open(old, RECORD) == PLAIN
    assert not vault.is_current(old)
    new = vault.seal(PLAIN, RECORD)
    assert vault.is_current(new)
    with pytest.raises(SecretsUnavailable, match="another encryption key"):
        VAULT.open(new, RECORD)


def test_keys_can_be_changed_while_the_vault_is_used() -> None:
    vault = AeadVault([FIRST])
    sealed = vault.seal(PLAIN, RECORD)
    vault.use([SECOND, FIRST])
    assert vault.open(sealed, RECORD) == PLAIN
    vault.use([SECOND])
    with pytest.raises(SecretsUnavailable):
        vault.open(sealed, RECORD)


def test_without_a_key_nothing_is_sealed_or_opened() -> None:
    vault = AeadVault()
    assert not vault.has_key
    with pytest.raises(SecretsUnavailable, match=r"encryption\.key_file"):
        vault.seal(PLAIN, RECORD)
    with pytest.raises(SecretsUnavailable, match=r"connector \[hook\].*no encryption key"):
        vault.open(VAULT.seal(PLAIN, RECORD), RECORD)
    assert not vault.is_current(VAULT.seal(PLAIN, RECORD))


def test_no_text_shows_a_key_or_a_secret() -> None:
    sealed, key = VAULT.seal(PLAIN, RECORD), derive_key(FIRST)
    assert b"hush-hush" not in sealed
    assert key.secret not in sealed
    shown = f"{VAULT!r} {key!r}"
    assert "first key" not in shown
    assert repr(key.secret) not in shown
    with pytest.raises(SecretsUnavailable) as caught:
        VAULT.open(sealed[:-1], RECORD)
    assert "hush-hush" not in str(caught.value)


def test_the_same_text_makes_the_same_key_in_every_process() -> None:
    assert derive_key(FIRST) == derive_key(FIRST)
    assert derive_key(FIRST).id.hex() == "e27e0f074e761553"
    assert len({derive_key(text).id for text in (FIRST, SECOND)}) == 2


def test_a_short_key_is_refused_without_being_shown() -> None:
    vault = AeadVault([FIRST])
    with pytest.raises(InvalidInput, match="32") as caught:
        vault.use(["hush" * 7])
    assert "hush" not in str(caught.value)
    assert vault.open(VAULT.seal(PLAIN, RECORD), RECORD) == PLAIN
