"""The calendar: what QEMU's real-time clock says, and what one sets."""


def test_calendar_is_the_devices_and_can_be_set(boot):
    guest = boot(qemu=("-rtc", "base=2031-02-03T04:05:06,clock=vm"))
    guest.wait_for_prompt()
    assert guest.run("date +%Y-%m-%d").output.split() == ["2031-02-03"]
    assert guest.run("date -s @86400 +%F").output.split() == ["1970-01-02"]
    assert guest.run("date +%F").output.split() == ["1970-01-02"]
    result = guest.run("date -s yesterday")
    assert (result.status, result.output.strip()) == (1, "date: invalid date 'yesterday'")
    assert guest.run("date more").status == 2
