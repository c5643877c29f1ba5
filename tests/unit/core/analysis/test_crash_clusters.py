"""Crash reports of one defect are one issue whatever build, machine or tool they come from; those
of two defects are two, though they end in the same run-time.
"""

from itertools import combinations

import pytest

from tests.unit.core.analysis.builders import event, failure, key

ASAN = (
    "==9==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60 at pc 0x4 bp 0x7 sp 0x7\n"
)
ABORTED = "Program received signal SIGABRT, Aborted.\n"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"

CLUSTERS = {
    "a row is read": (
        ASAN
        + """READ of size 4 at 0x602 thread T0
    #0 0x4e5b2b in png_read_row /src/libpng/pngread.c:543:22
    #1 0x4e61c0 in png_read_image /src/libpng/pngread.c:700:10
    #2 0x4d0aaa in LLVMFuzzerTestOneInput /src/libpng/fuzz.cc:40:3
    #3 0x43ffff in fuzzer::Fuzzer::ExecuteCallback(unsigned char const*, unsigned long) (/fuzz+0x4)
""",
        ASAN
        + """READ of size 8 at 0x603 thread T0
    #0 0x7f3aaa in __asan_memcpy (/app/bin+0x4a)
    #1 0x55d1aa in png_read_row /home/ci/libpng-1.6.40/pngread.c:551:22
    #2 0x55d2aa in png_read_image /home/ci/libpng-1.6.40/pngread.c:712:10
    #3 0x55d3aa in main /home/ci/app/main.c:12:3
""",
    ),
    "a chunk is read": (
        ASAN
        + """READ of size 4 at 0x602 thread T0
    #0 0x4e5b2b in png_handle_iCCP /src/libpng/pngrutil.c:1543:22
    #1 0x4e61c0 in png_read_info /src/libpng/pngread.c:200:10
    #2 0x4d0aaa in LLVMFuzzerTestOneInput /src/libpng/fuzz.cc:40:3
""",
    ),
    "a total throws": (
        ABORTED
        + """#0  __GI_raise (sig=sig@entry=6) at ../sysdeps/unix/sysv/linux/raise.c:50
#1  0x00007ffff7a2 in __GI_abort () at abort.c:79
#2  0x00007ffff7f3 in std::terminate() () from /usr/lib/x86_64-linux-gnu/libstdc++.so.6
#3  0x000055550001 in shop::Cart::total (this=0x7ffe) at /home/a/shop/cart.cpp:40
#4  0x000055550002 in shop::Checkout::run (this=0x0) at /home/a/shop/checkout.cpp:12
#5  0x000055550003 in main (argc=1, argv=0x7ffe) at main.cpp:5
""",
        ABORTED
        + """#0  0x00007f0001 in raise () from /lib64/libc.so.6
#1  0x00007f0002 in abort () from /lib64/libc.so.6
#2  0x00007f0003 in __gnu_cxx::__verbose_terminate_handler() () from /lib64/libstdc++.so.6
#3  0x00007f0004 in ?? () from /lib64/libstdc++.so.6
#4  0x0000000000401f in shop::Cart::total() const ()
#5  0x0000000000402a in shop::Checkout::run() ()
#6  0x0000000000402b in main ()
""",
    ),
    "stock throws": (
        ABORTED
        + """#0  __GI_raise (sig=sig@entry=6) at ../sysdeps/unix/sysv/linux/raise.c:50
#1  0x00007ffff7a2 in __GI_abort () at abort.c:79
#2  0x00007ffff7f3 in std::terminate() () from /usr/lib/x86_64-linux-gnu/libstdc++.so.6
#3  0x000055550001 in shop::Stock::take (this=0x7ffe) at /home/a/shop/stock.cpp:40
#4  0x000055550002 in shop::Checkout::run (this=0x0) at /home/a/shop/checkout.cpp:12
#5  0x000055550003 in main (argc=1, argv=0x7ffe) at main.cpp:5
""",
    ),
    "a library of Android": (
        """signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0
backtrace:
      #00 pc 000000000001d6f0  /system/lib64/libc.so (strlen+16)
      #01 pc 0000000000023cd4  /data/app/com.shop-1/lib/arm64/libshop.so (Java_com_shop_load+52)
      #02 pc 0000000000010000  /system/lib64/libart.so (art_quick_generic_jni_trampoline+144)
""",
        """signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x8
backtrace:
      #00 pc 000000000004b1c0  /apex/bionic/libc.so (__strlen_aarch64+16) (BuildId: abcd)
      #01 pc 0000000000024cd4  /data/app/~~x==/com.shop-9/libshop.so (Java_com_shop_load+60)
      #02 pc 0000000000022000  /apex/art/libart.so (art_quick_generic_jni_trampoline+148)
      #03 pc 0000000000023000  /apex/art/libart.so (art_quick_invoke_stub+548)
""",
    ),
    "a buffer is freed twice": (
        f"""*** Error in `./app': double free or corruption (fasttop): 0x0000000001c8f010 ***
{LIBC}(cfree+0x4c)[0x7f]
./app(release_buffer+0x1c)[0x40060c]
./app(main+0x2f)[0x40063f]
""",
        """*** Error in `/opt/app': double free or corruption (fasttop): 0x0000000002abc010 ***
/lib64/libc.so.6(+0x81499)[0x7f3]
/lib64/libc.so.6(cfree+0x50)[0x7f3]
/opt/app(release_buffer+0x22)[0x55c]
/opt/app(main+0x40)[0x55d]
""",
    ),
    "a session is freed twice": (
        f"""*** Error in `./app': double free or corruption (fasttop): 0x0000000001c8f010 ***
{LIBC}(cfree+0x4c)[0x7f]
./app(close_session+0x1c)[0x40060c]
./app(main+0x2f)[0x40063f]
""",
    ),
}
KEYS = {
    name: {key(event(failure("", trace), platform="native")) for trace in traces}
    for name, traces in CLUSTERS.items()
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_reports_of_one_defect_are_one_issue(name):
    assert len(KEYS[name]) == 1


@pytest.mark.parametrize(("one", "other"), [*combinations(CLUSTERS, 2)])
def test_reports_of_two_defects_are_two(one, other):
    assert KEYS[one].isdisjoint(KEYS[other])
