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

package io.github.atmosphererelay.contract.broker;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Keeps the lines of all loggers at the level {@code INFO} and above, as an application
 * would log them. Tests otherwise silence the loggers of other libraries.
 */
public final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

	private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

	private final Map<Logger, @Nullable Level> levels = new LinkedHashMap<>();

	private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

	private LogLines() {
	}

	/**
	 * Start to keep lines.
	 * @param loggers the names of loggers that tests otherwise silence
	 * @return the kept lines; close them to restore the loggers' levels
	 */
	public static LogLines of(String... loggers) {
		LogLines lines = new LogLines();
		Arrays.stream(loggers).map((name) -> (Logger) LoggerFactory.getLogger(name)).forEach((logger) -> {
			lines.levels.put(logger, logger.getLevel());
			logger.setLevel(Level.INFO);
		});
		lines.start();
		lines.root.addAppender(lines);
		return lines;
	}

	@Override
	protected void append(ILoggingEvent event) {
		this.events.add(event);
	}

	/**
	 * Forget the kept lines.
	 */
	public void clear() {
		this.events.clear();
	}

	/**
	 * Return all lines.
	 * @return the lines; a message of several lines is split
	 */
	public List<String> all() {
		return lines((event) -> true);
	}

	/**
	 * Return the lines of this library.
	 * @return the lines
	 */
	public List<String> own() {
		return lines(LogLines::isOwn);
	}

	/**
	 * Return the lines of other libraries.
	 * @return the lines
	 */
	public List<String> others() {
		return lines((event) -> !isOwn(event));
	}

	private static boolean isOwn(ILoggingEvent event) {
		return event.getLoggerName().startsWith("io.github.atmosphererelay.");
	}

	private List<String> lines(Predicate<ILoggingEvent> filter) {
		return this.events.stream().filter(filter).flatMap((event) -> event.getFormattedMessage().lines()).toList();
	}

	@Override
	public void close() {
		this.root.detachAppender(this);
		this.levels.forEach(Logger::setLevel);
		stop();
	}

}
