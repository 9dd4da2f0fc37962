"""Sums and ratios whose order decides the last bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.domain.arrays import ratio, running, sum_columns

few = settings(max_examples=40, derandomize=True)
numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(table=st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=8))
@few
def test_a_sum_over_columns_of_many_rows_is_that_of_each_row_alone(table):
    columns = [np.array(x) for x in table]

    together = sum_columns(columns, 3)

    alone = [sum_columns([x[i : i + 1] for x in columns], 1)[0] for i in range(3)]
    assert together.tolist() == alone


def test_no_columns_sum_to_zeros():
    assert sum_columns([], 2).tolist() == [0.0, 0.0]


@given(carry=numbers, steps=st.lists(numbers, max_size=30), cut=st.integers(0, 30))
@few
def test_a_running_sum_does_not_depend_on_where_it_is_cut(carry, steps, cut):
    whole = running(carry, np.array(steps))

    head = running(carry, np.array(steps[:cut]))
    middle = float(head[-1]) if len(head) else carry
    assert [*head, *running(middle, np.array(steps[cut:]))] == whole.tolist()


def test_a_ratio_over_nothing_is_not_a_number():
    found = ratio(np.array([1.0, 1.0]), np.array([0.0, 4.0]))

    assert np.isnan(found[0])
    assert found[1] == 0.25
