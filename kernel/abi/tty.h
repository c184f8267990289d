/* Terminals as Linux's asm-generic ABI has them: termios(3), ioctl_tty(2). Flag values are octal
 * there and here. */
#pragma once

#include <stdint.h>

#define TERMIOS_NCCS 19

struct linux_termios { /* TCGETS, TCSETS: without speeds of their own */
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[TERMIOS_NCCS];
};
_Static_assert(sizeof(struct linux_termios) == 36, "struct termios of asm-generic");

struct linux_termios2 { /* TCGETS2, TCSETS2, and what the kernel keeps */
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[TERMIOS_NCCS];
	uint32_t c_ispeed, c_ospeed;
};
_Static_assert(sizeof(struct linux_termios2) == 44, "struct termios2 of asm-generic");

struct linux_termio { /* TCGETA, TCSETA: System V's */
	uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[8];
};
_Static_assert(sizeof(struct linux_termio) == 18, "struct termio of asm-generic");

struct linux_winsize {
	uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};

/* c_cc */
enum {
	VINTR,
	VQUIT,
	VERASE,
	VKILL,
	VEOF,
	VTIME,
	VMIN,
	VSWTC,
	VSTART,
	VSTOP,
	VSUSP,
	VEOL,
	VREPRINT,
	VDISCARD,
	VWERASE,
	VLNEXT,
	VEOL2,
};

/* c_iflag */
#define IGNBRK  0000001
#define BRKINT  0000002
#define IGNPAR  0000004
#define PARMRK  0000010
#define INPCK   0000020
#define ISTRIP  0000040
#define INLCR   0000100
#define IGNCR   0000200
#define ICRNL   0000400
#define IUCLC   0001000
#define IXON    0002000
#define IXANY   0004000
#define IXOFF   0010000
#define IMAXBEL 0020000
#define IUTF8   0040000

/* c_oflag */
#define OPOST  0000001
#define OLCUC  0000002
#define ONLCR  0000004
#define OCRNL  0000010
#define ONOCR  0000020
#define ONLRET 0000040
#define OFILL  0000100
#define OFDEL  0000200
#define TABDLY 0014000
#define XTABS  0014000

/* c_cflag */
#define CBAUD        0010017
#define B38400       0000017
#define BOTHER       0010000
#define B115200      0010002
#define CBAUDEX      0010000
#define CSIZE        0000060
#define CS8          0000060
#define CREAD        0000200
#define PARENB       0000400
#define HUPCL        0002000
#define CLOCAL       0004000
#define CIBAUD_SHIFT 16

/* c_lflag */
#define ISIG    0000001
#define ICANON  0000002
#define XCASE   0000004
#define ECHO    0000010
#define ECHOE   0000020
#define ECHOK   0000040
#define ECHONL  0000100
#define NOFLSH  0000200
#define TOSTOP  0000400
#define ECHOCTL 0001000
#define ECHOPRT 0002000
#define ECHOKE  0004000
#define FLUSHO  0010000
#define PENDIN  0040000
#define IEXTEN  0100000
#define EXTPROC 0200000

/* ioctl(2) */
#define TCGETS       0x5401
#define TCSETS       0x5402
#define TCSETSW      0x5403
#define TCSETSF      0x5404
#define TCGETA       0x5405
#define TCSETA       0x5406
#define TCSETAW      0x5407
#define TCSETAF      0x5408
#define TCSBRK       0x5409
#define TCXONC       0x540a
#define TCFLSH       0x540b
#define TIOCEXCL     0x540c
#define TIOCNXCL     0x540d
#define TIOCSCTTY    0x540e
#define TIOCGPGRP    0x540f
#define TIOCSPGRP    0x5410
#define TIOCOUTQ     0x5411
#define TIOCSTI      0x5412
#define TIOCGWINSZ   0x5413
#define TIOCSWINSZ   0x5414
#define TIOCMGET     0x5415
#define TIOCMBIS     0x5416
#define TIOCMBIC     0x5417
#define TIOCMSET     0x5418
#define TIOCGSOFTCAR 0x5419
#define TIOCSSOFTCAR 0x541a
#define FIONREAD     0x541b
#define TIOCINQ      FIONREAD
#define TIOCCONS     0x541d
#define TIOCPKT      0x5420
#define TIOCNOTTY    0x5422
#define TIOCSETD     0x5423
#define TIOCGETD     0x5424
#define TCSBRKP      0x5425
#define TIOCSBRK     0x5427
#define TIOCCBRK     0x5428
#define TIOCGSID     0x5429
#define TCGETS2      0x802c542aU
#define TCSETS2      0x402c542bU
#define TCSETSW2     0x402c542cU
#define TCSETSF2     0x402c542dU
#define TIOCGDEV     0x80045432U
#define TIOCVHANGUP  0x5437
#define TIOCGEXCL    0x80045440U
/* ptys (ioctl_tty(2)) */
#define TIOCGPTN       0x80045430U
#define TIOCSPTLCK     0x40045431U
#define TIOCSIG        0x40045436U
#define TIOCGPKT       0x80045438U
#define TIOCGPTLCK     0x80045439U
#define TIOCGPTPEER    0x5441
#define TIOCGLCKTRMIOS 0x5456
#define TIOCSLCKTRMIOS 0x5457

/* TIOCPKT: what the byte before the data says */
#define TIOCPKT_DATA       0
#define TIOCPKT_FLUSHREAD  1
#define TIOCPKT_FLUSHWRITE 2
#define TIOCPKT_STOP       4
#define TIOCPKT_START      8
#define TIOCPKT_NOSTOP     16
#define TIOCPKT_DOSTOP     32
#define TIOCPKT_IOCTL      64

/* TIOCMGET */
#define TIOCM_DTR  0x002
#define TIOCM_RTS  0x004
#define TIOCM_CTS  0x020
#define TIOCM_CAR  0x040
#define TIOCM_RNG  0x080
#define TIOCM_DSR  0x100
#define TIOCM_OUT1 0x2000
#define TIOCM_OUT2 0x4000
#define TIOCM_LOOP 0x8000

/* arguments of TCXONC and TCFLSH */
enum { TCOOFF, TCOON, TCIOFF, TCION };
enum { TCIFLUSH, TCOFLUSH, TCIOFLUSH };

#define N_TTY 0 /* the one line discipline */
