"""The fields of a packet's mark do not overlap, and every value of them differs from an unmarked packet's."""

from backends.marks import FORWARDING_POLICY, PRIORITY, TRAFFIC_CLASS


def test_fields_do_not_overlap_and_leave_the_low_bits_to_others() -> None:
    masks = [TRAFFIC_CLASS.mask, FORWARDING_POLICY.mask, PRIORITY.mask]
    assert sum(masks) == masks[0] | masks[1] | masks[2]
    assert all(mask & 0xFFF == 0 for mask in masks)
    assert all(mask < 2**31 for mask in masks)


def test_every_value_fits_and_is_told_from_none() -> None:
    for field in (TRAFFIC_CLASS, FORWARDING_POLICY, PRIORITY):
        marks = {field.holding(value) for value in range(field.most + 1)}
        assert len(marks) == field.most + 1
        assert 0 not in marks
        assert all(mark & ~field.mask == 0 for mark in marks)
