"""The checks of market data: pure functions over arrays, and one table that says what each means.

``meanings.py`` says what every check means, ``table.py`` joins it with its function. Series are
looked at alone (``values``, ``order``, ``shape``, ``reserve``), against each other (``peers``,
``labels``, ``fundings``, ``wicks``, ``oracles``) and
as the cells of their files (``cells``).
"""
