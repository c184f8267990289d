/* The line discipline, seen from both ends of a pty: termios(3). */
#include "pty_pair.h"

#define ERASE "\x7f"
#define KILL  "\x15"
#define WORD  "\x17"
#define RUB   "\b \b"

/* Typed at a fresh terminal with these changes, `in` is read as `line` and echoed as `echo`. */
struct editing {
	tcflag_t ioff, ion, loff, lon;
	const char *in, *line, *echo;
};

static void check_editing(const struct editing *e, size_t n)
{
	for (size_t i = 0; i < n; i++, e++) {
		struct pair p = open_pair();
		CHANGE(p.s, c_iflag, e->ioff, e->ion);
		CHANGE(p.s, c_lflag, e->loff, e->lon);
		put(p.m, e->in);
		if (*e->line)
			CHECK_READ_N(p.s, e->line, strlen(e->line));
		CHECK_STREAM_N(p.m, e->echo, strlen(e->echo));
		CHECK_QUIET(p.s);
		close_pair(p);
	}
}
#define EDITING(...)                                                                               \
	do {                                                                                       \
		static const struct editing cases_[] = {__VA_ARGS__};                              \
		check_editing(cases_, sizeof(cases_) / sizeof(cases_[0]));                         \
	} while (0)

static void lines(void)
{
	EDITING({0, 0, 0, 0, "abc\n", "abc\n", "abc\r\n"},
	    {0, 0, 0, 0, "abc\r", "abc\n", "abc\r\n"}, {0, 0, 0, 0, "abc", "", "abc"},
	    {0, 0, ECHO, 0, "abc\n", "abc\n", ""}, {0, 0, ECHO, ECHONL, "abc\n", "abc\n", "\r\n"},
	    {0, 0, 0, 0, "\n", "\n", "\r\n"}, {0, 0, 0, 0, "\x01\x1b\n", "\x01\x1b\n", "^A^[\r\n"},
	    {0, 0, ECHOCTL, 0, "\x01\n", "\x01\n", "\x01\r\n"});
}

static void erasing(void)
{
	EDITING({0, 0, 0, 0, "ab" ERASE "c\n", "ac\n", "ab" RUB "c\r\n"},
	    {0, 0, 0, 0, ERASE "a\n", "a\n", "a\r\n"},
	    {0, 0, ECHOE, 0, "ab" ERASE "c\n", "ac\n", "ab^?c\r\n"},
	    {0, 0, ECHO, 0, "ab" ERASE "c\n", "ac\n", ""},
	    {0, 0, 0, 0, "\x01" ERASE "b\n", "b\n", "^A" RUB RUB "b\r\n"},
	    {0, 0, ECHOCTL, 0, "\x01" ERASE "b\n", "b\n",
		"\x01"
		"b\r\n"},
	    {0, 0, 0, 0, "a\tb" ERASE ERASE "c\n", "ac\n",
		"a\tb" RUB "\b\b\b\b\b\b\b"
		"c\r\n"},
	    {0, 0, 0, 0, "\t\t" ERASE "\n", "\t\n", "\t\t\b\b\b\b\b\b\b\b\r\n"},
	    {0, 0, 0, ECHOPRT, "abc" ERASE ERASE "d\n", "ad\n", "abc\\cb/d\r\n"},
	    {0, 0, 0, ECHOPRT, "a" ERASE "\n", "\n", "a\\a/\r\n"});
}

static void utf8(void)
{
	EDITING({0, IUTF8, 0, 0, "a\xc3\xa9" ERASE "b\n", "ab\n", "a\xc3\xa9" RUB "b\r\n"},
	    {IUTF8, 0, 0, 0, "a\xc3\xa9" ERASE "b\n",
		"a\xc3"
		"b\n",
		"a\xc3\xa9" RUB "b\r\n"},
	    {0, IUTF8, 0, 0, "\xa9" ERASE "b\n",
		"\xa9"
		"b\n",
		"\xa9"
		"b\r\n"},
	    {0, IUTF8, 0, ECHOPRT, "\xc3\xa9" ERASE "b\n", "b\n", "\xc3\xa9\\\xc3\xa9/b\r\n"},
	    {0, IUTF8, 0, 0, "\xc3\xa9\t" ERASE "\n", "\xc3\xa9\n",
		"\xc3\xa9\t\b\b\b\b\b\b\b\r\n"});
}

static void killing(void)
{
	EDITING({0, 0, 0, 0, "abc" KILL "x\n", "x\n", "abc" RUB RUB RUB "x\r\n"},
	    {0, 0, ECHOKE, 0, "abc" KILL "x\n", "x\n", "abc^U\r\nx\r\n"},
	    {0, 0, ECHOK | ECHOKE, 0, "abc" KILL "x\n", "x\n", "abc^Ux\r\n"},
	    {0, 0, ECHO, 0, "abc" KILL "x\n", "x\n", ""},
	    {0, 0, 0, 0, "foo bar_1 ." WORD "x\n", "foo x\n",
		"foo bar_1 ." RUB RUB RUB RUB RUB RUB RUB "x\r\n"},
	    {0, 0, IEXTEN, 0, "a b" WORD "\n", "a b" WORD "\n", "a b^W\r\n"});
}

static void literal_next(void)
{
	EDITING({0, 0, 0, 0, "\x16\x03\n", "\x03\n", "^\b^C\r\n"},
	    {0, 0, 0, 0, "\x16\n\n", "\n\n", "^\b^J\r\n"},
	    {0, 0, 0, 0, "a\x16" ERASE "\n", "a" ERASE "\n", "a^\b^?\r\n"},
	    {0, 0, ECHOCTL, 0, "\x16\x01\n", "\x01\n", "\x01\r\n"},
	    {0, 0, IEXTEN, 0,
		"\x16"
		"a\n",
		"\x16"
		"a\n",
		"^Va\r\n"});
}

static void reprint(void)
{
	EDITING({0, 0, 0, 0,
		    "ab\x12"
		    "c\n",
		    "abc\n", "ab^R\r\nabc\r\n"},
	    {0, 0, IEXTEN, 0, "ab\x12\n", "ab\x12\n", "ab^R\r\n"});
}

static void translation(void)
{
	EDITING({ICRNL, 0, 0, 0, "a\rb\n", "a\rb\n", "a^Mb\r\n"},
	    {ICRNL, IGNCR, 0, 0, "a\rb\n", "ab\n", "ab\r\n"},
	    {ICRNL, INLCR, 0, 0, "a\nb\x04", "a\rb", "a^Mb"},
	    {0, ISTRIP, 0, 0, "\xe1\n", "a\n", "a\r\n"},
	    {0, IUCLC, 0, 0, "ABC\n", "abc\n", "abc\r\n"},
	    {0, IUCLC, IEXTEN, 0, "ABC\n", "ABC\n", "ABC\r\n"},
	    {0, PARMRK, 0, 0, "a\xff\n", "a\xff\xff\n", "a\xff\r\n"},
	    {0, 0, 0, 0, "a\xff\n", "a\xff\n", "a\xff\r\n"});
}

static void ends(void)
{
	struct pair p = open_pair();
	char buf[8];

	put(p.m, "ab\x04");
	CHECK_READ(p.s, "ab");
	put(p.m, "\x04");
	CHECK_READ(p.s, "");
	put(p.m, "ab\x04"
		 "c\n");
	wait_readable(p.s);
	CHECK_EQ(2, read(p.s, buf, 2)); /* the end goes with the line that it ended */
	CHECK_READ(p.s, "c\n");
	put(p.m, "a\x04\x04"
		 "b\n");
	CHECK_READ(p.s, "a");
	CHECK_READ(p.s, "");
	CHECK_READ(p.s, "b\n");
	set_char(p.s, VEOL, ';');
	set_char(p.s, VEOL2, ':');
	put(p.m, "a;b:c\n");
	CHECK_READ(p.s, "a;");
	CHECK_READ(p.s, "b:");
	CHECK_READ(p.s, "c\n");
	put(p.m, "line\n");
	wait_readable(p.s);
	CHECK_EQ(2, read(p.s, buf, 2));
	CHECK_READ(p.s, "ne\n");
	close_pair(p);
}

static void long_line(void)
{
	struct pair p = open_pair();
	char in[100], line[4200];
	long echoed = 0;

	memset(in, 'x', sizeof(in));
	for (int i = 0; i < 50; i++) {
		put_bytes(p.m, in, sizeof(in));
		echoed += drain(p.m);
	}
	CHECK_EQ(5000, echoed); /* what does not fit is shown all the same */
	CHECK_QUIET(p.s);
	put(p.m, "\n");
	wait_readable(p.s);
	CHECK_EQ(4096, read(p.s, line, sizeof(line)));
	CHECK_EQ('x', line[4094]);
	CHECK_EQ('\n', line[4095]);
	CHECK_QUIET(p.s);
	close_pair(p);
}

/* What was read so far is seen through the new mode. */
static void switching(void)
{
	struct pair p = open_pair();

	put(p.m, "abc");
	CHECK_STREAM(p.m, "abc");
	CHECK_EQ(0, poll_fd(p.s, POLLIN, 0));
	CHANGE(p.s, c_lflag, ICANON | ECHO, 0);
	CHECK_READ(p.s, "abc");
	put(p.m, "de");
	wait_readable(p.s);
	CHANGE(p.s, c_lflag, 0, ICANON);
	CHECK_READ(p.s, "de"); /* one line, though none was typed */
	put(p.m, "x\n\x04");
	wait_readable(p.s);
	CHANGE(p.s, c_lflag, ICANON, 0);
	CHECK_READ_N(p.s, "x\n\0", 3);
	close_pair(p);
}

static void queues(void)
{
	struct pair p = open_pair();
	struct termios t = get_modes(p.s);
	int n = -1;

	put(p.m, "ab\ncd\x04"
		 "ef");
	wait_readable(p.s);
	CHECK_STREAM(p.m, "ab\r\ncdef");
	CHECK_EQ(0, ioctl(p.s, FIONREAD, &n));
	CHECK_EQ(5, n); /* the mark of the end is no byte, and ef no line */
	CHECK_EQ(0, tcflush(p.s, TCIFLUSH));
	CHECK_EQ(0, ioctl(p.s, FIONREAD, &n));
	CHECK_EQ(0, n);
	put(p.m, "x\n");
	wait_readable(p.s);
	CHECK_EQ(0, tcsetattr(p.s, TCSAFLUSH, &t));
	CHECK_QUIET(p.s);
	put(p.m, "y\n");
	wait_readable(p.s);
	CHECK_EQ(0, tcsetattr(p.s, TCSADRAIN, &t));
	CHECK_READ(p.s, "y\n");
	drain(p.m);
	put(p.s, "out");
	CHECK_EQ(0, ioctl(p.s, TIOCOUTQ, &n));
	CHECK_EQ(0, n);
	CHECK_EQ(0, tcdrain(p.s)); /* though nobody read it */
	wait_readable(p.m);
	CHECK_EQ(0, ioctl(p.m, FIONREAD, &n));
	CHECK_EQ(3, n);
	CHECK_EQ(0, tcflush(p.m, TCIFLUSH));
	CHECK_QUIET(p.m);
	CHECK_ERRNO(EINVAL, tcflush(p.s, 3));
	CHECK_ERRNO(EINVAL, tcflow(p.s, 4));
	close_pair(p);
}

static void output(void)
{
	static const struct {
		tcflag_t flags;
		const char *out, *seen;
	} cases[] = {
	    {0, "a\n\t", "a\n\t"},
	    {OPOST, "a\nb\r", "a\nb\r"},
	    {OPOST | ONLCR, "a\nb", "a\r\nb"},
	    {OPOST | OCRNL, "a\rb", "a\nb"},
	    {OPOST | ONOCR, "\ra\r\rb", "a\rb"},
	    {OPOST | ONLRET | ONOCR, "a\n\rb", "a\nb"},
	    {OPOST | OLCUC, "aBc", "ABC"},
	    {OPOST | XTABS, "ab\tc\t", "ab      c       "},
	    {OPOST | XTABS | ONLCR, "\x01\b\t", "\x01\b        "},
	    {OPOST | XTABS, "abc\b\b\tx", "abc\b\b       x"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair p = open_pair();
		CHANGE(p.s, c_oflag, ~0u, cases[i].flags);
		put(p.s, cases[i].out);
		CHECK_STREAM_N(p.m, cases[i].seen, strlen(cases[i].seen));
		close_pair(p);
	}
}

static void min_and_time(void)
{
	struct pair p = open_pair();
	char buf[300];

	set_raw(p.s, 0, 0);
	CHECK_EQ(0, read(p.s, buf, 8));
	set_raw(p.s, 0, 2);
	int64_t start = now_ns();
	CHECK_EQ(0, read(p.s, buf, 8));
	CHECK(now_ns() - start >= 190000000);
	put(p.m, "a");
	CHECK_EQ(1, read(p.s, buf, 8));
	set_raw(p.s, 3, 0);
	put(p.m, "ab");
	sleep_ms(QUIET_MS);
	CHECK_EQ(0, poll_fd(p.s, POLLIN, QUIET_MS)); /* not before there are three */
	put(p.m, "cd");
	CHECK_READ(p.s, "abcd");
	set_raw(p.s, 3, 2); /* the clock starts with the first byte */
	put(p.m, "x");
	CHECK(poll_fd(p.s, POLLIN, WAIT_MS) & POLLIN);
	start = now_ns();
	CHECK_EQ(1, read(p.s, buf, 8));
	CHECK(now_ns() - start >= 190000000);
	set_raw(p.s, 3, 0);
	put(p.m, "12");
	CHECK_EQ(2, read(p.s, buf, 2)); /* as many as were asked for are enough */
	set_raw(p.s, 100, 0);
	memset(buf, 'y', sizeof(buf));
	put_bytes(p.m, buf, 80);
	CHECK_EQ(64, read(p.s, buf, 200)); /* as Linux has it since 5.12 */
	set_raw(p.s, 1, 0);
	CHECK_EQ(16, read(p.s, buf, 200));
	close_pair(p);
}

static void nonblocking(void)
{
	struct pair p = open_pair();
	char c;

	fcntl(p.s, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(p.m, F_SETFL, O_RDWR | O_NONBLOCK);
	CHECK_ERRNO(EAGAIN, read(p.s, &c, 1));
	CHECK_ERRNO(EAGAIN, read(p.m, &c, 1));
	put(p.m, "partial");
	CHECK_STREAM(p.m, "partial");
	CHECK_ERRNO(EAGAIN, read(p.s, &c, 1));
	set_raw(p.s, 0, 0);
	CHECK_EQ(7, (set_raw(p.s, 1, 0), drain(p.s)));
	set_raw(p.s, 0, 0);
	CHECK_EQ(0, read(p.s, &c, 1)); /* there VMIN 0 comes before O_NONBLOCK */
	set_raw(p.s, 0, 1);
	CHECK_ERRNO(EAGAIN, read(p.s, &c, 1));
	close_pair(p);
}

static bool stopped(int s)
{
	return !(poll_fd(s, POLLOUT, 0) & POLLOUT);
}

static void wait_stopped(int s, bool want)
{
	for (int i = 0; i < WAIT_MS && stopped(s) != want; i++)
		sleep_ms(1);
	CHECK_EQ(want, stopped(s));
}

static void flow_control(void)
{
	struct pair p = open_pair();

	fcntl(p.s, F_SETFL, O_RDWR | O_NONBLOCK);
	put(p.m, "\x13");
	wait_stopped(p.s, true);
	CHECK_ERRNO(EAGAIN, write(p.s, "x", 1));
	put(p.m, "a"); /* without IXANY nothing but START helps; the echo waits as well */
	CHECK_QUIET(p.m);
	put(p.m, "\x11");
	wait_stopped(p.s, false);
	CHECK_STREAM(p.m, "a");
	CHANGE(p.s, c_iflag, 0, IXANY);
	put(p.m, "\x13");
	wait_stopped(p.s, true);
	put(p.m, "b");
	wait_stopped(p.s, false);
	CHECK_STREAM(p.m, "b");
	CHECK_EQ(0, tcflow(p.s, TCOOFF));
	put(p.m, "\x11"
		 "c");
	CHECK_QUIET(p.m);
	CHECK(stopped(p.s)); /* START does not undo TCOOFF */
	CHECK_EQ(0, tcflow(p.s, TCOON));
	put(p.s, "d");
	CHECK_STREAM(p.m, "cd");
	put(p.m, "\x13");
	wait_stopped(p.s, true);
	CHANGE(p.s, c_iflag, IXON, 0); /* turning it off lets output go on */
	wait_stopped(p.s, false);
	CHECK_EQ(0, tcflow(p.s, TCIOFF));
	CHECK_STREAM(p.m, "\x13");
	CHECK_EQ(0, tcflow(p.s, TCION));
	CHECK_STREAM(p.m, "\x11");
	put(p.m, "\x13\n");
	CHECK_READ(p.s, "abc\x13\n");
	close_pair(p);
}

/* With EXTPROC the master's side edits: the slave passes bytes on as they are. */
static void extproc(void)
{
	struct pair p = open_pair();

	CHANGE(p.s, c_lflag, 0, EXTPROC);
	put(p.m, "a\x03" ERASE "\n");
	CHECK_READ(p.s, "a\x03" ERASE "\n");
	CHECK_QUIET(p.m);
	put(p.s, "x\n");
	CHECK_STREAM(p.m, "x\r\n");
	close_pair(p);
}

SUBCOMMANDS({"lines", lines}, {"erasing", erasing}, {"utf8", utf8}, {"killing", killing},
    {"literal_next", literal_next}, {"reprint", reprint}, {"translation", translation},
    {"ends", ends}, {"long_line", long_line}, {"switching", switching}, {"queues", queues},
    {"output", output}, {"min_and_time", min_and_time}, {"nonblocking", nonblocking},
    {"flow_control", flow_control}, {"extproc", extproc})
