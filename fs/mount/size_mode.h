/* size_mode.h - what stat() of a file shows whose size is not known yet (contract, section 3). */
#pragma once

enum size_mode { SIZES_AUTO, SIZES_EXACT, SIZES_CHEAP };
