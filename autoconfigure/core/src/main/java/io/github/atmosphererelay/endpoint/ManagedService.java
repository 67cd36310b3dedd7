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
import org.springframework.stereotype.Component;

/**
 * Makes a bean the endpoint of some channels: its {@link Ready}, {@link Message} and
 * {@link Disconnect} methods are called for the clients of this node. If one of them
 * throws an exception, the bean's
 * {@link org.springframework.messaging.handler.annotation.MessageExceptionHandler}
 * methods are called for it.
 * <p>
 * The channels exist without being configured. Everybody may subscribe, and everybody may
 * send if there is a {@link Message} method. If a pattern of {@code atmosphere.channels}
 * covers a channel, that pattern decides instead.
 * <p>
 * Threads: one bean serves all clients, and its methods are called for many sessions at
 * once. For one session they are called one after another.
 *
 * <pre class="code">
 * &#064;ManagedService("chat/{room}")
 * class Chat {
 *
 * 	&#064;Message
 * 	ChatMessage onMessage(@Valid ChatMessage message) {
 * 		return message; // to everyone in the room
 * 	}
 *
 * }
 * </pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Component
public @interface ManagedService {

	/**
	 * The pattern of the channels' names, in the syntax of Spring's {@code PathPattern}.
	 * If the patterns of several endpoints cover a name, the endpoint with the most
	 * specific pattern serves it.
	 * @return the pattern, such as {@code chat/{room}}
	 */
	@AliasFor("pattern")
	String value() default "";

	/**
	 * The same as {@link #value()}.
	 * @return the pattern
	 */
	@AliasFor("value")
	String pattern() default "";

	/**
	 * The name of the bean.
	 * @return the name, or an empty string to derive it from the class's name
	 */
	@AliasFor(annotation = Component.class, attribute = "value")
	String name() default "";

}
