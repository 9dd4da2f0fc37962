"""Performance measures against numbers that can be worked out by hand."""

import numpy as np
import pytest

from basis_lab.calc import performance

YEAR = np.sqrt(365.0)


def hours_from(start, count):
    return np.datetime64(start, "s") + np.arange(count) * np.timedelta64(3600, "s")


def test_returns_compare_neighbours():
    nav = np.array([100.0, 110.0, 99.0])

    returns = performance.calculate_returns(nav)

    assert returns == pytest.approx([0.10, -0.10])


def test_a_return_after_a_nav_of_nothing_is_not_a_number():
    returns = performance.calculate_returns(np.array([1.0, 0.0, 0.5]))

    assert returns[0] == -1.0
    assert np.isnan(returns[1])


def test_daily_returns_take_midnights_alone():
    times = hours_from("2024-05-12T22:00:00", 51)
    nav = np.full(51, 7.0)
    nav[[2, 26, 50]] = [1.0, 1.1, 1.21]

    daily = performance.calculate_daily_returns(times, nav)

    assert daily == pytest.approx([0.1, 0.1])


def test_runs_beside_each_other_are_measured_as_each_alone():
    daily = np.array([[0.01, 0.0], [-0.01, 0.02], [0.03, -0.01]])

    together = performance.calculate_sortino(daily)

    alone = [float(performance.calculate_sortino(daily[:, i])) for i in range(2)]
    assert together.tolist() == alone


def test_volatility_is_the_sample_deviation_of_a_year():
    volatility = performance.calculate_volatility(np.array([0.01, 0.03]))

    assert float(volatility) == pytest.approx(np.sqrt(2.0) * 0.01 * YEAR)


def test_one_observation_has_no_volatility():
    assert np.isnan(performance.calculate_volatility(np.array([0.01])))


def test_sharpe_is_mean_over_deviation():
    sharpe = performance.calculate_sharpe(np.array([0.01, 0.03]))

    assert float(sharpe) == pytest.approx(0.02 / (np.sqrt(2.0) * 0.01) * YEAR)


def test_returns_without_variation_have_no_sharpe():
    assert np.isnan(performance.calculate_sharpe(np.full(40, 1e-4)))


def test_no_observations_have_no_ratios():
    none = np.empty(0)

    assert np.isnan(performance.calculate_sharpe(none))
    assert np.isnan(performance.calculate_sortino(none))


def test_sortino_divides_by_losses_over_all_observations():
    daily = np.array([0.03, -0.01, 0.01, 0.01])

    sortino = performance.calculate_sortino(daily)

    downside = np.sqrt(0.01**2 / 4.0)
    assert float(sortino) == pytest.approx(0.01 / downside * YEAR)


def test_a_run_without_a_loss_has_no_sortino():
    assert np.isnan(performance.calculate_sortino(np.array([0.01, 0.02])))


def test_what_two_rates_are_rounded_to_is_neither_a_loss_nor_a_variation():
    rising = np.full(321, 7.5e-5)
    rising[254] = -1.2e-12  # the one loss of a year of staking
    flat = np.where(np.arange(321) % 2, 1.2e-12, -1.2e-12)

    assert np.isnan(performance.calculate_sortino(rising))
    assert float(performance.calculate_sharpe(rising)) > 0.0
    assert np.isnan(performance.calculate_sharpe(flat))


def test_the_smallest_loss_that_an_account_shows_counts():
    cent_of_100_000 = np.array([1e-4, -1e-7])

    assert float(performance.calculate_sortino(cent_of_100_000)) > 0.0


def test_drawdown_is_measured_from_the_highest_nav_so_far():
    nav = np.array([1.0, 1.2, 0.9, 1.2, 1.5, 1.35])

    assert performance.calculate_drawdown(nav) == pytest.approx([0, 0, -0.25, 0, 0, -0.1])
    assert float(performance.calculate_max_drawdown(nav)) == pytest.approx(-0.25)


def test_what_the_entry_cost_is_a_drawdown():
    nav = np.array([0.98, 0.99, 1.25, 1.0])  # issued at 1, of which the entry cost 0.02

    assert performance.calculate_drawdown(nav) == pytest.approx([-0.02, -0.01, 0.0, -0.2])
    assert float(performance.calculate_max_drawdown(nav[:3])) == pytest.approx(-0.02)


def test_a_share_that_was_worth_nothing_from_the_entry_on_has_lost_all():
    assert float(performance.calculate_max_drawdown(np.array([0.0, 0.0]))) == -1.0


def test_a_nav_that_only_rises_has_no_drawdown():
    assert float(performance.calculate_max_drawdown(np.array([1.0, 1.1]))) == 0.0


def test_total_return_is_growth_between_two_moments():
    total = performance.calculate_total_return(np.asarray(1.0), np.asarray(1.05))

    assert float(total) == pytest.approx(0.05)


def test_half_a_year_is_compounded_and_scaled():
    assert float(performance.annualize_return(np.asarray(0.10), 182.5)) == pytest.approx(0.21)
    assert float(performance.calculate_apr(np.asarray(0.10), 182.5)) == pytest.approx(0.20)


def test_a_period_without_length_has_no_rate():
    assert np.isnan(performance.annualize_return(np.asarray(0.10), 0.0))
    assert np.isnan(performance.calculate_apr(np.asarray(0.10), 0.0))


def test_a_loss_beyond_the_capital_has_no_compounded_rate():
    assert np.isnan(performance.annualize_return(np.asarray(-1.5), 100.0))
    assert float(performance.annualize_return(np.asarray(-1.0), 100.0)) == -1.0


def test_calmar_divides_by_the_size_of_the_drawdown():
    calmar = performance.calculate_calmar(np.asarray(0.10), np.asarray(-0.04))

    assert float(calmar) == pytest.approx(2.5)
    assert np.isnan(performance.calculate_calmar(np.asarray(0.10), np.asarray(0.0)))


@pytest.mark.parametrize(
    ("cost", "carry", "days"),
    [(90.0, 15.0, 6.0), (90.0, 0.0, np.nan), (90.0, -1.0, np.nan), (0.0, 15.0, np.nan)],
)
def test_break_even_is_cost_over_daily_carry(cost, carry, days):
    found = performance.calculate_break_even_days(np.asarray(cost), np.asarray(carry))

    assert float(found) == pytest.approx(days, nan_ok=True)


def test_a_growth_that_no_number_holds_has_no_annual_figure():
    yearly = performance.annualize_return(np.array([9.0, 0.1]), 1.0)

    assert np.isnan(yearly[0])
    assert yearly[1] == pytest.approx(1.1**365 - 1.0)
