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

package io.github.atmosphererelay.endpoint;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * A {@link ManagedService} whose channels are rooms: they have
 * {@linkplain io.github.atmosphererelay.presence.Presence presence}, so that every node
 * knows who is in them. If a pattern of {@code atmosphere.channels} covers a room, that
 * pattern's {@code presence} decides instead.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ManagedService
public @interface RoomService {

	/**
	 * The pattern of the rooms' names.
	 * @return the pattern, such as {@code chat/{room}}
	 */
	@AliasFor(annotation = ManagedService.class, attribute = "value")
	String value();

	/**
	 * The number of messages that a room keeps, each for an hour. It has no effect if
	 * {@code atmosphere.channels} has an entry with the same pattern; that entry's
	 * {@code history} decides instead.
	 * @return the number of messages, or 0 if rooms keep none
	 */
	int history() default 0;

	/**
	 * The name of the bean.
	 * @return the name, or an empty string to derive it from the class's name
	 */
	@AliasFor(annotation = ManagedService.class, attribute = "name")
	String name() default "";

}
