/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.message.internal;

import java.util.UUID;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link WireReader} and {@link WireWriter}.
 */
class WireReaderTests {

	private static final UUID ID = UUID.fromString("11111111-2222-4333-8444-555555555555");

	@Test
	void everyTypeIsReadAsItWasWritten() {
		WireWriter out = new WireWriter();
		out.writeByte(-1);
		out.writeShort(0xFFFE);
		out.writeInt(Integer.MIN_VALUE);
		out.writeLong(Long.MIN_VALUE);
		out.writeDouble(-0.5);
		out.writeId(ID);
		out.writeString("\u00E4");
		out.writeBytes(new byte[] { 1, 2 });
		out.writeShortBytes(new byte[] { 'a', 'b' });
		out.write(new byte[1000]);
		WireReader in = new WireReader(out.toByteArray());
		assertThat(in.readByte()).isEqualTo((byte) -1);
		assertThat(in.readShort()).isEqualTo(0xFFFE);
		assertThat(in.readInt()).isEqualTo(Integer.MIN_VALUE);
		assertThat(in.readLong()).isEqualTo(Long.MIN_VALUE);
		assertThat(in.readDouble()).isEqualTo(-0.5);
		assertThat(in.readId()).isEqualTo(ID);
		assertThat(in.readString(2)).isEqualTo("\u00E4");
		assertThat(in.readBytes(2)).containsExactly(1, 2);
		assertThat(in.readShortString()).isEqualTo("ab");
		assertThat(in.remaining()).isEqualTo(1000);
		assertThat(in.read(1000)).hasSize(1000);
		assertThat(in.remaining()).isZero();
	}

	@Test
	void anExactSizeSavesTheCopy() {
		WireWriter exact = new WireWriter(4);
		exact.writeInt(1);
		byte[] bytes = exact.toByteArray();
		assertThat(exact.toByteArray()).isSameAs(bytes);
		exact.writeInt(2);
		assertThat(bytes).as("what was given away").containsExactly(0, 0, 0, 1);
		assertThat(exact.toByteArray()).containsExactly(0, 0, 0, 1, 0, 0, 0, 2);
		WireWriter roomy = new WireWriter(9);
		roomy.writeInt(1);
		assertThat(roomy.toByteArray()).containsExactly(0, 0, 0, 1);
	}

	@Test
	void bytesThatEndTooEarlyAreTruncated() {
		byte[] none = {};
		assertRefused(Reason.TRUNCATED, none, WireReader::readByte);
		assertRefused(Reason.TRUNCATED, new byte[1], WireReader::readShort);
		assertRefused(Reason.TRUNCATED, new byte[3], WireReader::readInt);
		assertRefused(Reason.TRUNCATED, new byte[7], WireReader::readLong);
		assertRefused(Reason.TRUNCATED, new byte[7], WireReader::readDouble);
		assertRefused(Reason.TRUNCATED, new byte[15], WireReader::readId);
		assertRefused(Reason.TRUNCATED, new byte[1], (in) -> in.read(2));
		assertRefused(Reason.TRUNCATED, new byte[] { 0, 0, 0, 2, 7 }, (in) -> in.readBytes(2));
		assertRefused(Reason.TRUNCATED, new byte[] { 0, 2, 7 }, (in) -> in.readShortBytes(2));
		assertRefused(Reason.TRUNCATED, new byte[] { 0, 0, 0, 2, 7 }, WireReader::readCount);
		assertRefused(Reason.TRUNCATED, new byte[] { -1, 0, 0, 0, 7 }, WireReader::readCount);
	}

	@Test
	void lengthsOverTheLimitAreRefusedBeforeMemoryIsAllocated() {
		assertRefused(Reason.OVERSIZED, new byte[] { 0, 0, 0, 2, 7, 7 }, (in) -> in.readBytes(1));
		assertRefused(Reason.MALFORMED, new byte[] { -1, 0, 0, 0 }, (in) -> in.readBytes(Integer.MAX_VALUE));
		assertRefused(Reason.OVERSIZED, new byte[] { 0, 2, 7, 7 }, (in) -> in.readShortBytes(1));
		assertRefused(Reason.TRUNCATED, new byte[] { 0x7F, -1, -1, -1 }, (in) -> in.readBytes(Integer.MAX_VALUE));
	}

	@Test
	void otherFormatsAndVersionsAreRefused() {
		assertRefused(Reason.FOREIGN, new byte[] { 'A', 'X', 1 }, (in) -> in.readMagic((byte) 'A', (byte) 'R'));
		assertRefused(Reason.FOREIGN, new byte[] { 'A', 'R' }, (in) -> in.readMagic((byte) 'A', (byte) 'R'));
		assertRefused(Reason.UNKNOWN_VERSION, new byte[] { 2 }, (in) -> in.readVersion((byte) 1));
		assertRefused(Reason.MALFORMED, new byte[] { 0, 1, (byte) 0xC3 }, WireReader::readShortString);
	}

	private static void assertRefused(Reason reason, byte[] bytes, Consumer<WireReader> read) {
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> read.accept(new WireReader(bytes)))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(reason));
	}

}
